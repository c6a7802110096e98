package detect

// temperature divides the scores before the softmax. It is fitted by
// TestCalibration (run with -refit) as the value with the least log loss on
// generated tables whose headers are sometimes missing, abbreviated or wrong.
const temperature = 1.6
