package mail

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "fr"} {
		keys := i18n.Keys(lang)
		need := func(key string) {
			if _, ok := keys[key]; !ok {
				t.Errorf("%s has no %q", lang, key)
			}
		}
		d := New().Describe()
		need("channel.kind." + d.Kind)
		for _, f := range d.Fields {
			need("channel.mail." + f.Name)
			for _, c := range f.Choices {
				need("channel.mail." + f.Name + "." + c)
			}
		}
		// Every key that the code names.
		named := regexp.MustCompile(`"(mail\.[a-z_]+)"`)
		files, _ := filepath.Glob("*.go")
		for _, file := range files {
			if matched, _ := filepath.Match("*_test.go", file); matched {
				continue
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range named.FindAllStringSubmatch(string(src), -1) {
				need(m[1])
			}
		}
	}
}

func TestDescription(t *testing.T) {
	t.Parallel()
	d := New().Describe()
	s, err := New().Open(mailSettings("imap.velo.example"), world())
	if err != nil {
		t.Fatal(err)
	}
	_, fetches := s.(channel.Fetcher)
	_, streams := s.(channel.Streamer)
	_, sends := s.(channel.Sender)
	_, finds := s.(channel.Finder)
	if !fetches || !streams || !sends || !finds || !d.Can.Has(channel.Fetch|channel.Stream|channel.PrivateReply|channel.Replies|channel.Publish) || !d.Direct {
		t.Errorf("%+v", d)
	}
}
