"""Write answers as JSON, CSV and msgpack."""
