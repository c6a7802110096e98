package evaluate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDistanceNeedsCertaintyAndSize(t *testing.T) {
	t.Parallel()
	base := Report{Privacy: Privacy{Copies: Copies{Share: 0, Natural: 0, StdErr: .01}}}
	for _, c := range []struct {
		name          string
		share, stdErr Number
		level         string
		refused       bool
	}{
		{"fresh", .668, .003, "as fresh", false},
		{"certain but small", .680, .003, "slightly nearer", false},
		{"large but uncertain", .70, .02, "as fresh", false},
		{"certain and large", .70, .003, "too near", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := base
			r.Privacy.Distance = Distance{Share: c.share, ShareTies: c.share, Ideal: .667, StdErr: c.stdErr, Excess: (c.share - .667) / c.stdErr}
			require.Equal(t, c.level, r.PrivacyLevel())
			limits := DefaultThresholds()
			limits.MaxDetectionDeficit, limits.MaxCopiesExcess = nil, nil
			require.Equal(t, c.refused, len(Gate(r, limits)) > 0)
			limits.DistanceAllowance = nil
			require.Equal(t, c.level != "as fresh", len(Gate(r, limits)) > 0, "without an allowance certainty is enough")
		})
	}
}
