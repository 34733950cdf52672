package train

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// source says where a row comes from; each is sampled in its own way.
type source uint8

const (
	subtitle source = iota
	post
	ours
)

type row struct {
	code   string
	text   string
	from   source
	pieces []int32 // its words, in the lexicon of the corpus
}

// File is a file that was read.
type File struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256"`
	Rows    int    `json:"rows"`    // read
	Refused int    `json:"refused"` // of them, because a test set has them
}

type corpus struct {
	files    []File
	rows     []row            // to train on
	held     []row            // subtitles held out
	measured map[string][]row // sets by name, held out or never trained on
	refused  int
	lexicon  *lexicon
}

func readRefused(name string) (map[string]bool, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for l := range strings.Lines(string(b)) {
		out[strings.TrimSpace(l)] = true
	}
	return out, nil
}

// addressed are the parts of a text that its fingerprint leaves out.
var addressed = regexp.MustCompile(`https?://\S+|www\.\S+|@\w+`)

// fingerprint is the hash by which a text is refused: the first 24 hexadecimal digits of the SHA-256 of its word
// characters, in lower case, without names and URLs; "" for texts with fewer than 12 such characters.
func fingerprint(text string) string {
	text = addressed.ReplaceAllString(html.UnescapeString(text), "")
	n := 0
	text = strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
			n++
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	if n < 12 {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:24]
}

// heldOut chooses one text in twenty by its letters, so that its near copies are held out with it.
func heldOut(text string) bool {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return binary.LittleEndian.Uint64(sum[:])%20 == 0
}

// onlyMeasured says whether a file must not be trained on: validation splits and non-commercial licences.
func onlyMeasured(name string) bool {
	return strings.Contains(name, "-NC.") || strings.Contains(name, ".val.") || strings.Contains(name, ".dev.")
}

// byScript lists the languages of the files that their script tells.
func byScript(code string) bool { return code == "ar" || code == "el" || code == "he" }

// skipped are files that teach nothing here: Hindi ones are in Latin letters, mixed with English, and XED's feelings
// repeat the subtitles.
func skipped(name string) bool {
	return strings.Contains(name, ".hi.") || strings.HasPrefix(name, "emotion.xed.")
}

func readCorpus(dir string, lang fs.FS, refused map[string]bool) (*corpus, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no TSV files there (%w)", os.ErrNotExist)
	}
	slices.Sort(names)
	c := &corpus{measured: map[string][]row{}}
	kept := map[string]bool{} // fingerprints of what only measures
	for _, only := range []bool{true, false} {
		for _, name := range names {
			base := filepath.Base(name)
			if skipped(base) || onlyMeasured(base) != only {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			if err := c.add(base, b, refused, kept); err != nil {
				return nil, fmt.Errorf("read %s: %w", base, err)
			}
		}
	}
	slices.SortFunc(c.files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	words, err := fs.ReadFile(lang, "detect/own/words.tsv")
	if err != nil {
		return nil, fmt.Errorf("read the words of our own: %w", err)
	}
	for l := range strings.Lines(string(words)) {
		if code, text, ok := strings.Cut(strings.TrimSpace(l), "\t"); ok {
			c.rows = append(c.rows, row{code: code, text: text, from: ours})
		}
	}
	c.settle()
	return c, nil
}

// add takes the rows of a file; those of a validation split go into kept.
func (c *corpus) add(name string, b []byte, refused, kept map[string]bool) error {
	sum := sha256.Sum256(b)
	file := File{Name: name, SHA256: hex.EncodeToString(sum[:])}
	subtitles := strings.HasPrefix(name, "lid.")
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		p := strings.SplitN(sc.Text(), "\t", 3)
		if len(p) != 3 || len(p[1]) != 2 {
			continue
		}
		file.Rows++
		r := row{code: p[1], text: p[2], from: post}
		mark := fingerprint(r.text)
		set := ""
		switch {
		case refused[mark] && mark != "":
			file.Refused++
			c.refused++
			continue
		case onlyMeasured(name):
			if mark != "" {
				kept[mark] = true
			}
			set = strings.TrimSuffix(name, ".tsv")
		case kept[mark]:
			continue
		case byScript(r.code):
			if !heldOut(r.text) {
				continue
			}
			set = "scripts"
			if !subtitles {
				set = "posts." + r.code
			}
		case subtitles && heldOut(r.text):
			r.from = subtitle
			c.held = append(c.held, r)
			continue
		case heldOut(r.text):
			set = "posts." + r.code
		default:
			if subtitles {
				r.from = subtitle
			}
			c.rows = append(c.rows, r)
			continue
		}
		c.measured[set] = append(c.measured[set], r)
	}
	c.files = append(c.files, file)
	return sc.Err()
}

// settle puts the rows in an order that depends on nothing but them, drops what stands twice, and cuts them into words.
func (c *corpus) settle() {
	order := func(a, b row) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.code, b.code), cmp.Compare(a.text, b.text))
	}
	slices.SortFunc(c.rows, order)
	c.rows = slices.CompactFunc(c.rows, func(a, b row) bool { return order(a, b) == 0 })
	slices.SortFunc(c.held, order)
	c.held = slices.CompactFunc(c.held, func(a, b row) bool { return order(a, b) == 0 })
	c.lexicon = newLexicon()
	c.rows = slices.DeleteFunc(c.rows, func(r row) bool { return !c.lexicon.knows(r.text) })
	for i := range c.rows {
		c.rows[i].pieces = c.lexicon.cut(c.rows[i].text)
	}
	for i := range c.held {
		c.held[i].pieces = c.lexicon.cut(c.held[i].text)
	}
}
