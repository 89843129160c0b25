"""What templates show, made of documents and queries. In: documents as they are published. Out: values with labels and
links, nothing that a template would have to look up."""
