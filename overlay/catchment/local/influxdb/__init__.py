"""Play an InfluxDB 1.x server: line protocol in, InfluxQL answered, nothing kept outside the stack."""
