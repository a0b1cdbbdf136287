"""Routes of the lakeFS API, one module per subject: a checked call in, an answer out."""
