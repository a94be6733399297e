"""The pipeline under every call. Private: the public names stand at the package's top."""
