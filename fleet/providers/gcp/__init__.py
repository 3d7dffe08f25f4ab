"""Google Cloud over google-cloud-compute, and over plain HTTPS for its price list."""
