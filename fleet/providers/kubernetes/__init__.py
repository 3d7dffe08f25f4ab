"""A Kubernetes cluster as a cloud: a machine is a workload that holds accelerators of a node."""
