"""SQL expressions over the columns of one record: read and judged by `expression`, carried out by `engine`."""
