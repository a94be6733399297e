"""Generated from openapi/openapi.yaml by `make generate`: nothing here is edited by hand."""
