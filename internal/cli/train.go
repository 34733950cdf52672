package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	detect "github.com/entente/entente/lang/detect/train"

	"github.com/spf13/cobra"

	"github.com/entente/entente/lang/classify/train"
)

type trainCommand struct {
	Out  string
	Seed uint64
	Only string
	Lang string

	Corrections string
}

func (r *run) train() *cobra.Command {
	c := &trainCommand{}
	cmd := r.does("train", "Make the models of language and feeling anew from the labelled texts and refuse-hashes.txt in the folder --data.", c.Run)
	cmd.Flags().StringVar(&c.Out, "out", ".", "Folder for the weights and the model card.")
	cmd.Flags().Uint64Var(&c.Seed, "seed", 1, "The same seed and the same texts give the same bytes.")
	cmd.Flags().StringVar(&c.Only, "only", "all", "Train only classify or only detect.")
	cmd.Flags().StringVar(&c.Lang, "lang", "lang", "Folder lang of the source of this program: posts and words of our own are learned too.")
	cmd.Flags().StringVar(&c.Corrections, "corrections", "", "File that entente corrections wrote: it is learned from too.")
	return cmd
}

// Run trains the models of package lang anew. --data, the folder of everything else too, is here the one of the texts.
func (c *trainCommand) Run(r *run) error {
	if err := oneOf("only", c.Only, "all", "classify", "detect"); err != nil {
		fmt.Fprintln(r.err, "entente:", err)
		return status(refused)
	}
	if _, err := os.Stat(filepath.Join(c.Lang, "classify", "own")); err != nil {
		fmt.Fprintf(r.err, "entente: %s is not the folder lang of the source of this program; name it with --lang\n", c.Lang)
		return status(refused)
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fmt.Errorf("make the folder for weights: %w", err)
	}
	if c.Only != "classify" {
		fmt.Fprintln(r.err, "language")
		report, err := detect.Train(r.ctx, detect.Options{Lang: os.DirFS(c.Lang), Data: r.config.Data, Out: filepath.Join(c.Out, "detect.bin")})
		if err != nil {
			return fmt.Errorf("train the detection of languages: %w", err)
		}
		b, err := json.MarshalIndent(report, "", " ")
		if err != nil {
			return fmt.Errorf("write the report on languages: %w", err)
		}
		if err := os.WriteFile(filepath.Join(c.Out, "detect.json"), append(b, '\n'), 0o644); err != nil {
			return fmt.Errorf("write the report on languages: %w", err)
		}
	}
	if c.Only == "detect" {
		return nil
	}
	result, err := train.Train(r.ctx, train.Options{Lang: os.DirFS(c.Lang), Data: r.config.Data, Seed: c.Seed, Log: r.err, Corrections: c.Corrections})
	if err != nil {
		return fmt.Errorf("train the classifier: %w", err)
	}
	files := map[string][]byte{"weights.bin": result.Weights, "card.md": result.Markdown(), "card.json": result.JSON()}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(c.Out, name), b, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	fmt.Fprintf(r.out, "%s: weights %s, %d bytes\n", c.Out, result.Card.Version, len(result.Weights))
	return nil
}
