package transform

// appendDetected appends what the detector finds in text from probability
// threshold on, as byte offsets.
func appendDetected(spans []found, text string, known []string, threshold float64) []found {
	return spans
}
