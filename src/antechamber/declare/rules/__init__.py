"""What must hold between the fields of a declaration, and between declarations. One module a subject.

A rule is a generator of Mistakes over a model; it may stop at a field that is itself a mistake (`Unknown`),
so each rule reads as few fields as it can, and `told` runs it.
"""
