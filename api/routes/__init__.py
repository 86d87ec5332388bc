"""One file a noun. Each gives its routes through functions; nothing is built at import."""
