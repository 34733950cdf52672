package mail

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/problem"
)

var noon = time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)

// corpusFiles lists the mails that others collected, beside the repository; the test is skipped where they are not.
func corpusFiles(t *testing.T) map[string][]byte {
	t.Helper()
	root := filepath.Join("..", "..", "..", "..", "shared", "data", "mail")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no collected mails beside the repository")
	}
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		files[filepath.ToSlash(rel)] = raw
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCorpusDump(t *testing.T) {
	if os.Getenv("DUMP") == "" {
		t.Skip()
	}
	for name, raw := range corpusFiles(t) {
		m, err := Parse(raw, noon, nil)
		if err != nil {
			t.Logf("### %s REFUSED %s", name, problem.Of(err).Key)
			continue
		}
		t.Logf("### %s\nid=%s from=%q %q at=%s subj=%q auto=%s bounced=%v delayed=%v to=%v irt=%v notes=%v files=%v\ntext=%q\nquoted=%.200q", name, m.Said.ExternalID, m.Author.Name, m.Author.URI, m.At.Format(time.RFC3339), m.Said.Title,
			m.Said.Automatic, m.Said.Bounced, m.Delayed, m.Said.To, m.Said.InReplyTo, m.Notes, m.Said.Attachments, m.Said.Text[:min(len(m.Said.Text), 300)], m.Said.Quoted)
	}
	_ = strings.Join
}
