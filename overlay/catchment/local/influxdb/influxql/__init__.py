"""Read InfluxQL: scanner, parser, and what a parsed statement looks like."""
