//go:build !packed

package sample

import (
	"embed"
	"io/fs"
)

//go:embed organisation.json topics.json map.json workshop.json handling.jsonl judgements.tsv customers.csv orders.csv people.vcf courses feeds forum mail facts
var files embed.FS

// Files are all files of this folder.
func Files() fs.FS { return files }
