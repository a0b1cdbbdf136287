"""The V3IO of a local stack: objects, items and streams in one namespace a container."""
