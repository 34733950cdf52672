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

// corpus reads the mails that others collected, which lie beside the repository; the test is skipped where they do not.
func corpus(t *testing.T) map[string][]byte {
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
		files[d.Name()] = raw
		rel, _ := filepath.Rel(root, name)
		files[filepath.ToSlash(rel)] = raw
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCorpusParsesOrIsRefused(t *testing.T) {
	t.Parallel()
	read, refused, named := 0, 0, 0
	for name, raw := range corpus(t) {
		if !strings.Contains(name, "/") {
			continue
		}
		m, err := Parse(raw, noon, nil)
		if err != nil {
			refused++
			switch key := problem.Of(err).Key; key {
			case "mail.not_a_message", "mail.empty":
				if strings.HasSuffix(name, ".eml") {
					t.Errorf("%s: %s", name, key)
				}
			default:
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		read++
		checkSane(t, m)
		// What stands plainly in the header must be found: a simple From line and a simple subject.
		head, _, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
		for _, line := range strings.Split(head, "\n") {
			v, ok := strings.CutPrefix(line, "From: ")
			if !ok || strings.Count(v, "@") != 1 || strings.ContainsAny(v, "=\",(") {
				continue
			}
			if i := strings.IndexByte(v, '<'); i >= 0 {
				v, _, _ = strings.Cut(v[i+1:], ">")
			}
			if v = strings.ToLower(strings.TrimSpace(v)); !strings.ContainsAny(v, " \t") {
				named++
				if m.Author.URI != "mailto:"+v {
					t.Errorf("%s: the author is %q, the line says %q", name, m.Author.URI, v)
				}
			}
			break
		}
	}
	t.Logf("%d read, %d refused, %d authors compared", read, refused, named)
	if read < 200 || named < 60 {
		t.Errorf("only %d read and %d compared", read, named)
	}
}

func TestCorpusSays(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	for _, c := range []struct{ file, from, title, text string }{ // text: how it begins
		{"basic_email.eml", "test@lindsaar.net", "Testing 123", "Plain email.\n\nHope it works well!\n\nMikel"},
		{"attachment.raw", "james@makita.skynet", "Attachment", "A text section"},
		{"qp-utf8-header.raw", "jamehi03@jamehi03lx.noa.com", "MIME UTF8 Test ¢ More Text", "Lorem ipsum"},
		{"japanese_shift_jis.eml", "xxxxxxx@docomo.ne.jp", "test", "あいうえお"},
		{"japanese_iso_2022.eml", "raasdnil@gmail.com", "まみむめも", "すみません。"},
		{"japanese.eml", "raasdnil@gmail.com", "まみむめも", "かきくえこ"},
		{"ks_c_5601-1987.eml", "from@example.com", "test", "스티해"},
		{"utf8_headers.eml", "jdöe@xn--mchine-bua.example", "Säying Hello", "body"},
		{"html-mime-bad-charset-inline.raw", "james@makita.skynet", "MIME test 1", "Test of text section"},
		{"similar-boundary.raw", "", "", "Section one\n\nA text section"},
		{"multi-malformed.raw", "", "", "Section one\n\nI'm section without headers\n\nSection two"},
		{"multipart-wo-boundary.raw", "mailer-daemon@example.com", "Delivery Status Notification (Failure)", "I'm  multipart message without boundary"},
		{"mime-bad-content-transfer-encoding.raw", "example@demo.com", "alert", "ploozdect"},
		{"malformed-multiple-address-header-values.raw", "bobby@extern", "Test", "Simple text."},
		{"cant_parse_from.eml", "news@insideapple.apple.com", "Meet the new MacBook Pro family. Now includes 13-inch.", "From one solid piece"},
		{"example13.eml", "jdoe@machine.example", "Saying Hello", "This is a message just to say hello."},
		{"example10.eml", "pete@silly.test", "", "Testing."},
		{"raw_email_multiple_from.eml", "tim@powerupdev.com", "/home/svn/public/minebox revision 214", "<p><b>recordkick"},
		{"mix_caps_content_type.eml", "bb@bug.com", "undef method parameter bug", "foo bar"},
		{"utf8-to.raw.golden", "foo@bar.com", "test utf8 to", "This is a test mailing"},
		{"invalid_subject_characters.eml", "info@formacaofrenetik.info", "Formação FrenetikPolis: Mega Campanha Final Verão | Cursos de Setembro", "TEST"},
		{"chardet-success-iso-8859-1.raw", "", "", "DIE Drachenköpfe"},
		{"raw_email2.eml", "xxxxxxxxx.xxxxxxx@gmail.com", "Fwd: Signed email causes file attachments", "We should not include these files or vcards as attachments."},
		{"two_from_in_message.eml", "tester1@test.com", "Sending messages include last little bit", "When sending email:"},
		{"incorrect-charset.raw", "james@makita.skynet", "plain text", "Using Unicode/UTF-8"},
	} {
		m, err := Parse(files[c.file], noon, nil)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if from := strings.TrimPrefix(m.Author.URI, "mailto:"); from != c.from {
			t.Errorf("%s: from %q, not %q", c.file, from, c.from)
		}
		if m.Said.Title != c.title {
			t.Errorf("%s: subject %q, not %q", c.file, m.Said.Title, c.title)
		}
		if !strings.HasPrefix(m.Said.Text, c.text) {
			t.Errorf("%s: text %.80q, not %q", c.file, m.Said.Text, c.text)
		}
	}
}

func TestCorpusBounces(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	for _, c := range []struct {
		file            string
		failed, delayed int
		first           string
	}{
		{"simple_dsn.raw", 1, 0, "louisl@larry.slip.umd.edu"},
		{"simple_dsn_with_html.raw", 1, 0, "louisl@larry.slip.umd.edu"},
		{"multi_recipient_dsn.raw", 2, 1, "arathib@vnet.ibm.com"},
		{"delayed_dsn.raw", 0, 1, "thomas@de-montfort.ac.uk"},
		{"dsn_with_multipart_alternative.raw", 1, 0, "non-existing@example.com"},
		{"multi_address_bounce1.eml", 5, 0, "bbbbvhvbbvkjbhfbvbvjhb@gmail.com"},
		{"multipart_report_multiple_status.eml", 1, 0, "u@ci.com"},
		{"report_422.eml", 0, 1, "fraser@oooooooo.com.au"},
		{"report_530.eml", 1, 0, "edwin@zzzzzzz.com"},
	} {
		m, err := Parse(files[c.file], noon, nil)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		all := append(append([]string{}, m.Said.Bounced...), m.Delayed...)
		if m.Said.Automatic != AutoDSN || len(m.Said.Bounced) != c.failed || len(m.Delayed) != c.delayed || all[0] != "mailto:"+c.first {
			t.Errorf("%s: %q, failed %q, delayed %q", c.file, m.Said.Automatic, m.Said.Bounced, m.Delayed)
		}
	}
}
