// Package sample holds the files of the sample organisation, as somebody would bring them.
package sample

import "embed"

// Files are all files of this folder; README.md says what they are.
//
//go:embed organisation.json topics.json map.json workshop.json handling.jsonl judgements.tsv customers.csv orders.csv people.vcf feeds forum mail facts
var Files embed.FS
