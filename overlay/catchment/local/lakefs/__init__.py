"""A local lakeFS server: state without HTTP, and routes that map requests to it."""
