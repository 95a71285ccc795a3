"""The client: what it sends, how often, through which connections, and what the replies mean.

The two classes stand in clients.py. Nothing is loaded by importing the package itself.
"""
