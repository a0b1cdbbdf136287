"""HTTP, time, tables and files, shared by every platform; knows none of them."""
