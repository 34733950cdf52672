package mail

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/problem"
)

func readAll(t *testing.T, r io.Reader) (messages []string, offsets []int64) {
	t.Helper()
	err := ReadMbox(r, func(offset int64, raw []byte) error {
		messages, offsets = append(messages, string(raw)), append(offsets, offset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return messages, offsets
}

const postmark = "From max@client.example Mon Feb  2 10:00:00 2026\n"

func TestReadMbox(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"one", postmark + "A: 1\n\nx\n", []string{"A: 1\n\nx\n"}},
		{"two", postmark + "A: 1\n\nx\n\n" + postmark + "A: 2\n\ny\n\n", []string{"A: 1\n\nx\n", "A: 2\n\ny\n"}},
		{"crlf", strings.ReplaceAll(postmark+"A: 1\n\nx\n\n"+postmark+"A: 2\n\ny\n\n", "\n", "\r\n"), []string{"A: 1\r\n\r\nx\r\n", "A: 2\r\n\r\ny\r\n"}},
		{"byte order mark", "\xef\xbb\xbf" + postmark + "A: 1\n\nx\n", []string{"A: 1\n\nx\n"}},
		{"quoted", postmark + "A: 1\n\n>From here\n>>From there\n> From\n", []string{"A: 1\n\nFrom here\n>From there\n> From\n"}},
		{"from in a text", postmark + "A: 1\n\nFrom here on:\n\nFrom now on it is 2026.\n", []string{"A: 1\n\nFrom here on:\n\nFrom now on it is 2026.\n"}},
		{"postmark without a blank line before", postmark + "A: 1\n\nx\n" + postmark + "y\n", []string{"A: 1\n\nx\n" + postmark + "y\n"}},
		{"empty message", postmark + "\n" + postmark + "A: 2\n", []string{"\n", "A: 2\n"}},
		{"no line end", postmark + "A: 1\n\nx", []string{"A: 1\n\nx"}},
		{"thunderbird", "From - Mon Feb 02 10:00:00 2026\nA: 1\n\nx\n\nFrom \nFrom - Mon Feb 02 10:00:00 2026\n", []string{"A: 1\n\nx\n\nFrom \nFrom - Mon Feb 02 10:00:00 2026\n"}},
	} {
		got, offsets := readAll(t, strings.NewReader(c.in))
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
		for i, o := range offsets {
			if !strings.HasPrefix(c.in[o:], got[i][:min(3, len(got[i]))]) {
				t.Errorf("%s: message %d is not at %d", c.name, i, o)
			}
		}
	}
	for _, in := range []string{"", "\n\n", "A: 1\n\nx\n", "PK\x03\x04", strings.Repeat("x", 200_000)} {
		err := ReadMbox(strings.NewReader(in), func(int64, []byte) error { return nil })
		if err == nil || problem.Of(err).Key != "mail.not_mbox" {
			t.Errorf("%.20q: %v", in, err)
		}
	}
	stop := errors.New("stop")
	if err := ReadMbox(strings.NewReader(postmark+"A: 1\n"), func(int64, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// endless is n bytes of one line.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.n))
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.n -= int64(n)
	return n, nil
}

func TestReadMboxHugeMessage(t *testing.T) {
	t.Parallel()
	size := int64(2) << 30
	if testing.Short() {
		size = 100 << 20
	}
	in := io.MultiReader(strings.NewReader(postmark+"From: a@b.example\n\n"), &endless{size}, strings.NewReader("\n\n"+postmark+"From: a@b.example\n\nsmall\n"))
	var keys []string
	var offsets []int64
	err := ReadMbox(in, func(offset int64, raw []byte) error {
		if cap(raw) > 2*MaxMessage {
			t.Errorf("%d bytes are kept", cap(raw))
		}
		offsets = append(offsets, offset)
		key := ""
		if _, err := Parse(raw, noon, nil); err != nil {
			key = problem.Of(err).Key
		}
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"mail.too_large", ""}, keys); d != "" {
		t.Error(d)
	}
	if want := int64(2*len(postmark)) + 19 + size + 2; offsets[1] != want {
		t.Errorf("the second message is at %d, not at %d", offsets[1], want)
	}
}

func TestReadMboxGivesBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.OneOf(rapid.StringMatching(`[a-z ]{0,20}`), rapid.SampledFrom([]string{"", "From me", ">From me", "From a Mon Feb 2 10:00:00 2026", ">>From a Mon Feb 2 10:00:00 2026", "From"}))
		messages := rapid.SliceOfN(rapid.SliceOfN(line, 1, 8), 1, 5).Draw(t, "messages")
		var file bytes.Buffer
		var want []string
		for _, m := range messages {
			file.WriteString(postmark)
			for _, l := range m {
				if quotedFrom([]byte(">" + l)) {
					l = ">" + l
				}
				file.WriteString(l + "\n")
			}
			file.WriteString("\n")
			want = append(want, strings.Join(m, "\n")+"\n")
		}
		var got []string
		if err := ReadMbox(&file, func(_ int64, raw []byte) error { got = append(got, string(raw)); return nil }); err != nil {
			t.Fatal(err)
		}
		// A message of one blank line and nothing else keeps it.
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}
