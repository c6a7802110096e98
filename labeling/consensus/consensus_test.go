package consensus_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/labeling/consensus"
)

func load(t testing.TB, name string) []consensus.Vote {
	f, err := os.Open("testdata/" + name + ".csv")
	require.NoError(t, err)
	defer f.Close()
	votes, err := consensus.ReadCSV(f)
	require.NoError(t, err)
	return votes
}

func accuracy(t testing.TB, name string, r *consensus.Result) float64 {
	b, err := os.ReadFile("testdata/" + name + "_gold.csv")
	require.NoError(t, err)
	gold := map[string]string{}
	for _, line := range strings.Fields(string(b))[1:] {
		item, label, _ := strings.Cut(line, ",")
		gold[item] = label
	}
	hit := 0
	for _, it := range r.Items {
		if gold[it.Item] == it.Label {
			hit++
		}
	}
	require.Len(t, r.Items, len(gold))
	return float64(hit) / float64(len(gold))
}

// The log-likelihoods are those of a plain reference EM (vote-share start,
// smoothing as given, run to a relative change of 1e-10). crowd-kit 1.4.2 on
// the same answers: majority .7593, .8750, .9394; Dawid-Skene .8889, .9275,
// .9416.
func TestDawidSkeneMatchesTheReference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		zero, smooth    float64 // log-likelihood at smoothing ~0 and 0.01
		majority, skene float64 // accuracy floors
		count           int
	}{
		{"bluebirds", -1888.1168, -1888.1473, .7592, .8981, 61},
		{"rte", -3679.6290, -3680.7810, .8750, .9275, 416},
		{"temp", -1256.9646, -1257.7038, .9393, .9415, 252},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := consensus.NewAnswers(load(t, c.name))
			require.NoError(t, err)
			r, err := consensus.DawidSkene(a, consensus.Options{})
			require.NoError(t, err)
			require.True(t, r.Converged)
			require.InDelta(t, c.smooth, r.LogLikelihood, 1e-4)
			require.GreaterOrEqual(t, accuracy(t, c.name, r), c.skene-5e-5)
			plain, err := consensus.DawidSkene(a, consensus.Options{Smoothing: 1e-300})
			require.NoError(t, err)
			require.InDelta(t, c.zero, plain.LogLikelihood, 1e-4)
			m := consensus.Majority(a)
			require.GreaterOrEqual(t, accuracy(t, c.name, m), c.majority)
			t.Logf("majority %.4f, Dawid-Skene %.4f in %d iterations", accuracy(t, c.name, m), accuracy(t, c.name, r), r.Iterations)
			count := map[string]int{}
			for _, it := range r.Items {
				count[it.Label]++
			}
			require.Contains(t, []int{count[r.Labels[0]], count[r.Labels[1]]}, c.count)
		})
	}
}

func TestMajorityBreaksTiesByAStatedRule(t *testing.T) {
	t.Parallel()
	a, err := consensus.NewAnswers([]consensus.Vote{
		{"ann", "i1", "a"}, {"bob", "i1", "b"}, // tied: ann and bob agree equally with the rest, b has more votes overall
		{"ann", "i2", "b"}, {"bob", "i2", "b"}, {"cem", "i2", "a"},
	})
	require.NoError(t, err)
	r := consensus.Majority(a)
	require.Equal(t, "b", r.Items[0].Label)
	require.True(t, r.Items[0].Tied)
	require.InDelta(t, 0.5, r.Items[0].Probability, 1e-12)
	require.Equal(t, "b", r.Items[1].Label)
	require.False(t, r.Items[1].Tied)

	a, err = consensus.NewAnswers([]consensus.Vote{{"ann", "i1", "b"}, {"bob", "i1", "a"}})
	require.NoError(t, err)
	require.Equal(t, "a", consensus.Majority(a).Items[0].Label, "equal votes everywhere: the first label in order")
}

func TestKnownItemsTeachWhoIsWrong(t *testing.T) {
	t.Parallel()
	// Three people out of four always say the opposite of the truth. Majority
	// follows them; ten known items are enough to see through it.
	var votes []consensus.Vote
	known := map[string]string{}
	truth := map[string]string{}
	r := rng.New(1, "consensus/known")
	for i := range 60 {
		item, yes := "i"+string(rune('0'+i/10))+string(rune('0'+i%10)), r.IntN(2) == 0
		right, wrong := "no", "yes"
		if yes {
			right, wrong = wrong, right
		}
		truth[item] = right
		votes = append(votes, consensus.Vote{Worker: "good", Item: item, Label: right})
		for _, w := range []string{"x", "y", "z"} {
			votes = append(votes, consensus.Vote{Worker: w, Item: item, Label: wrong})
		}
		if i < 10 {
			known[item] = right
		}
	}
	a, err := consensus.NewAnswers(votes)
	require.NoError(t, err)
	res, err := consensus.DawidSkene(a, consensus.Options{Known: known, Smoothing: 1})
	require.NoError(t, err)
	for _, it := range res.Items {
		require.Equal(t, truth[it.Item], it.Label)
	}
	require.Greater(t, res.Annotators[0].Accuracy, 0.9)
	require.Less(t, res.Annotators[1].Accuracy, 0.1)
	_, err = consensus.DawidSkene(a, consensus.Options{Known: map[string]string{"i00": "maybe"}})
	require.ErrorContains(t, err, "NewAnswers")
	require.NotContains(t, err.Error(), "maybe")
}

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	_, err := consensus.NewAnswers(nil)
	require.Error(t, err)
	_, err = consensus.NewAnswers([]consensus.Vote{{"a", "i", "x"}, {"a", "i", "y"}})
	require.ErrorContains(t, err, "two different labels")
	_, err = consensus.NewAnswers([]consensus.Vote{{"a", "", "x"}})
	require.Error(t, err)
	a, err := consensus.NewAnswers([]consensus.Vote{{"a", "i", "x"}, {"a", "i", "x"}}, "never")
	require.NoError(t, err)
	require.Equal(t, 1, a.Votes())
	require.Equal(t, []string{"never", "x"}, a.Labels)
}

// Shuffled answers give the same bytes; posteriors are probabilities; the
// confusion rows are too.
func TestConsensusLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var votes []consensus.Vote
		items, workers := rapid.IntRange(1, 8).Draw(t, "items"), rapid.IntRange(1, 5).Draw(t, "workers")
		for i := range items {
			for w := range workers {
				if w == 0 || rapid.Bool().Draw(t, "answers") {
					votes = append(votes, consensus.Vote{
						Worker: string(rune('a' + w)), Item: string(rune('A' + i)),
						Label: rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "label"),
					})
				}
			}
		}
		var out [2]bytes.Buffer
		for round := range out {
			a, err := consensus.NewAnswers(votes)
			if err != nil {
				t.Fatal(err)
			}
			r, err := consensus.DawidSkene(a, consensus.Options{Smoothing: rapid.SampledFrom([]float64{1}).Draw(t, "smoothing")})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []*consensus.Result{r, consensus.Majority(a)} {
				for _, it := range m.Items {
					sumsToOne(t, it.Posterior)
				}
				for _, an := range m.Annotators {
					for _, row := range an.Confusion {
						sumsToOne(t, row)
					}
				}
				if err := m.WriteCSV(&out[round]); err != nil {
					t.Fatal(err)
				}
			}
			votes = rapid.Permutation(votes).Draw(t, "shuffled")
		}
		if out[0].String() != out[1].String() {
			t.Fatal("the order of answers changed the result")
		}
	})
}

func sumsToOne(t *rapid.T, p []float64) {
	sum := 0.0
	for _, v := range p {
		if !(v >= 0 && v <= 1+1e-12) {
			t.Fatalf("probability %v", v)
		}
		sum += v
	}
	if sum < 1-1e-9 || sum > 1+1e-9 {
		t.Fatalf("sum %v", sum)
	}
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	votes, err := consensus.ReadCSV(strings.NewReader("\ufeffLabel,extra,Task,worker\nx,1,i,w\n"))
	require.NoError(t, err)
	require.Equal(t, []consensus.Vote{{Worker: "w", Item: "i", Label: "x"}}, votes)
	for name, text := range map[string]string{
		"empty":       "",
		"no label":    "worker,item\na,b\n",
		"twice":       "worker,item,task,label\n",
		"ragged":      "worker,item,label\nsecret,b\n",
		"bare quotes": "worker,item,label\nsecret\"x,b,c\n",
	} {
		_, err := consensus.ReadCSV(strings.NewReader(text))
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "secret", name)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("worker,item,label\na,b,c\n")
	f.Add("\ufeffworker,task,label\n\"a\n\",b,c")
	f.Fuzz(func(t *testing.T, text string) {
		votes, err := consensus.ReadCSV(strings.NewReader(text))
		if err != nil || len(votes) == 0 {
			return
		}
		if a, err := consensus.NewAnswers(votes); err == nil {
			consensus.Majority(a)
		}
	})
}

func BenchmarkDawidSkene(b *testing.B) {
	votes := load(b, "rte")
	for b.Loop() {
		a, err := consensus.NewAnswers(votes)
		require.NoError(b, err)
		_, err = consensus.DawidSkene(a, consensus.Options{})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(len(votes)*b.N)/b.Elapsed().Seconds(), "answers/s")
}
