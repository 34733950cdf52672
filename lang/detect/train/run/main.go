// Command run trains the weights of the language detector and prints the report as JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"os/signal"

	"github.com/entente/entente/lang/detect/train"
)

func main() {
	data := flag.String("data", "../shared/data/language", "folder with the texts and refuse-hashes.txt")
	out := flag.String("out", "lang/detect/weights.bin", "file to write")
	seed := flag.Uint64("seed", train.Seed, "of the order in which texts are drawn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rep, err := train.Train(ctx, train.Options{Lang: os.DirFS("lang"), Data: *data, Out: *out, Seed: *seed})
	if err != nil {
		log.Fatal(err)
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(rep); err != nil {
		log.Fatal(err)
	}
}
