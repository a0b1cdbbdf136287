"""Typed low-level clients, one package per platform, generated from `specs/`."""
