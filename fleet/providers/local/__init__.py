"""Owned hosts as a cloud: what is claimed is kept in a folder, and there is no network in between."""
