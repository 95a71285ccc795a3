"""Compare openapi.yaml with the vendor's machine-readable description of the operations.

ours        read our description, without the overlays
theirs      read the vendor's file
comparing   what is new, removed or changed
report      for people, and as JSON
command     scripts/vendor
"""
