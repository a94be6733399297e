"""Any life of an invoice or an estimate, lived twice: in the sandbox and in the books."""
