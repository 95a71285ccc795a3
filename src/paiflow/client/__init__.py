"""The client: prepare requests, send them, and decode the replies.

The two classes stand in clients.py. Nothing is loaded by importing the package itself.
"""
