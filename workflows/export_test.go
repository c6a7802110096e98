package workflows

// What a night sends to Publish, and what it returns.
var (
	TrimPublish = bare
	TrimResult  = readable
)
