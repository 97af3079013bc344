"""FastCGI 1.0 as octets: records, name-value pairs, management records."""
