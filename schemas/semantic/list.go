package semantic

// all is the one list to extend when a type is added.
var all = []Type{}
