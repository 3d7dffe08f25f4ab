"""One workload, written down for any Kubernetes: `render` in rendering.py is the way in."""
