// Package train decides the weights of lang.Detect: texts labelled with their language and a list of refused hashes
// come in, a weights file and figures about held-out texts go out.
//
// The model is multinomial logistic regression over hashed words and character n-grams, fitted by stochastic gradient
// descent on whole texts, on pieces of one to five words and on words drawn from the vocabulary of a language. The same
// data and seed give the same bytes: rows are sorted, one goroutine computes, and products are rounded before they are
// added. One row in twenty, chosen by the hash of its letters, is held out.
package train

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/entente/entente/lang"
)

// Seed is that of the weights that come with the program.
const Seed = 20261121

// Options says what to train on. Data and Out are asked for.
type Options struct {
	Data     string              // folder with the TSV files and refuse-hashes.txt
	Lang     fs.FS               // folder lang of the source: words of our own
	Out      string              // file to write, "" for none
	Seed     uint64              // 0 for [Seed]
	Progress func(share float64) // called now and then with the share of the work that is done; may be nil

	small bool // one pass, for tests
}

// Train fits, measures and writes the weights. It takes about a minute on one core, and stops when ctx is done.
func Train(ctx context.Context, o Options) (Report, error) {
	if o.Seed == 0 {
		o.Seed = Seed
	}
	if o.Progress == nil {
		o.Progress = func(float64) {}
	}
	refused, err := readRefused(filepath.Join(o.Data, "refuse-hashes.txt"))
	if err != nil {
		return Report{}, fmt.Errorf("read refused hashes: %w", err)
	}
	c, err := readCorpus(o.Data, o.Lang, refused)
	if err != nil {
		return Report{}, fmt.Errorf("read texts in %s: %w", o.Data, err)
	}
	r := shipped()
	if o.small {
		r.epochs = 1
	}
	rep, weights, err := train(ctx, c, o, r)
	if err != nil {
		return Report{}, err
	}
	if o.Out != "" {
		if err := os.WriteFile(o.Out, weights, 0o644); err != nil {
			return Report{}, fmt.Errorf("write weights: %w", err)
		}
	}
	return rep, nil
}

func train(ctx context.Context, c *corpus, o Options, r recipe) (Report, []byte, error) {
	clean, dropped, err := c.withoutStrays(ctx, o, r)
	if err != nil {
		return Report{}, nil, err
	}
	m, err := fit(ctx, c, clean, r, o.Seed, func(share float64) { o.Progress(0.2 + 0.8*share) })
	if err != nil {
		return Report{}, nil, err
	}
	m.calibrate(c)
	weights, err := m.bytes()
	if err != nil {
		return Report{}, nil, fmt.Errorf("write the weights: %w", err)
	}
	d, err := lang.NewDetector(string(weights))
	if err != nil {
		return Report{}, nil, fmt.Errorf("read the weights just made: %w", err)
	}
	rep := c.measure(d)
	rep.Seed, rep.Bytes, rep.TrainedOn, rep.Strays = o.Seed, len(weights), len(clean), dropped
	return rep, weights, nil
}
