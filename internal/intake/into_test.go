package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/ledger"
)

// brought reads a source into a community whose space holds everything, and tells each row in a line.
func brought(t *testing.T, format, name string, set Settings) []string {
	t.Helper()
	src, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	set.Space, set.Channel = "sp", "ch"
	to := Destination{Space: "sp", Community: "co", Channel: "ch", URL: "https://new.example", Holds: []string{"question", "discussion", "idea", "article"}}
	opts := Options{Settings: set, Now: now, to: to, missed: func(string, error) {}, communities: &Communities{
		File: func(_ context.Context, _ Destination, key, name string, open func() (io.ReadCloser, error)) (string, ledger.Attachment, error) {
			r, err := open()
			if err != nil {
				return "", ledger.Attachment{}, err
			}
			r.Close()
			return "![" + name + "](/media/x)", ledger.Attachment{File: "x"}, nil
		},
		Space: func(_ context.Context, d Destination, slug, _, _ string, closed bool) (Destination, error) {
			d.Space, d.Closed = slug, closed
			return d, nil
		}}}
	f, _ := Find(format)
	var out []string
	if err := f.Read(t.Context(), src, opts, func(row Row) error {
		switch {
		case row.Refused != nil:
			out = append(out, "refused "+row.Refused.Reason)
		case row.Item != nil:
			i := row.Item
			out = append(out, fmt.Sprintf("%s %s in %q by %s score %d group %t to %v: %s", i.ExternalID, i.Kind, i.Space, i.Author.URI, i.Score, i.Group, i.InReplyTo, strings.ReplaceAll(i.Markup, "\n", "/")))
		case row.Fact != nil:
			line := row.Fact.Kind + " " + row.About.Post + " " + string(row.Fact.Data)
			if row.About.Same != "" {
				line += " as " + row.About.Same
			}
			out = append(out, line)
		default:
			out = append(out, "left")
		}
		return nil
	}); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return out
}

func TestIntoCommunity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format, file string
		set          Settings
		want         []string
	}{
		"an answer before its question": {"stackexchange", folder(t, map[string]string{
			"Users.xml":  `<users><row Id="1" DisplayName="Ana" /><row Id="2" DisplayName="Bob" Email="bob@old.example" /></users>`,
			"emails.csv": "id,email\n1,ana@old.example\n",
			"Posts.xml": `<posts><row Id="2" PostTypeId="2" ParentId="3" CreationDate="2024-01-02T00:00:00" OwnerUserId="2" Score="2" Body="&lt;p&gt;see &lt;a href=&quot;https://old.example/q/3&quot;&gt;it&lt;/a&gt;&lt;/p&gt;" />
<row Id="3" PostTypeId="1" AcceptedAnswerId="2" CreationDate="2024-01-01T00:00:00" OwnerUserId="1" Title="A question" Body="&lt;b&gt;why&lt;/b&gt;" />
<row Id="4" PostTypeId="2" ParentId="99" CreationDate="2024-01-02T00:00:00" Body="x" />
<row Id="5" PostTypeId="1" ClosedDate="2024-02-02T00:00:00" CreationDate="2024-01-05T00:00:00" Title="The same" Body="why" />
<row Id="6" PostTypeId="1" ClosedDate="2024-02-03T00:00:00" CreationDate="2024-01-06T00:00:00" Title="Off topic" Body="rain" /></posts>`,
			"PostLinks.xml": `<postlinks><row Id="1" PostId="3" RelatedPostId="5" LinkTypeId="1" CreationDate="2024-02-01T00:00:00" /><row Id="2" PostId="5" RelatedPostId="3" LinkTypeId="3" CreationDate="2024-02-02T00:00:00" />
<row Id="3" PostId="6" RelatedPostId="99" LinkTypeId="3" CreationDate="2024-02-02T00:00:00" /></postlinks>`,
			"Comments.xml": `<comments><row Id="7" PostId="2" Text="so *it* is" CreationDate="2024-01-03T00:00:00" UserId="1" /></comments>`,
		}), Settings{Site: "https://old.example"}, []string{
			`q3 question in "sp" by mailto:ana@old.example score 0 group false to []: **why**`,
			`q5 question in "sp" by  score 0 group false to []: why`,
			`q6 question in "sp" by  score 0 group false to []: rain`,
			`a2 answer in "" by mailto:bob@old.example score 2 group false to [q3]: see [it](<https://new.example/q/3>)`,
			`answer.picked q3 {"answer":"a2"}`,
			`refused intake.no_post`,
			`c7 comment in "" by mailto:ana@old.example score 0 group false to [a2]: so *it* is`,
			`thread.turned q5 {"state":"closed"} as q3`,
			`thread.turned q6 {"state":"locked"}`,
		}},
		"topics": {"discourse", folder(t, map[string]string{
			"categories.json": `{"category_list":{"categories":[{"id":6,"slug":"staff","name":"Staff","read_restricted":true}]}}`,
			"t12.json": `{"id":12,"title":"How do I","category_id":6,"post_stream":{"posts":[
{"username":"ana","created_at":"2024-01-01T00:00:00Z","raw":"![p|1x1](upload://2.png)","cooked":"<p>p</p>","post_number":1,"post_type":1,"actions_summary":[{"id":2,"count":3}]},
{"username":"sys","created_at":"2024-01-01T00:00:00Z","cooked":"closed","post_number":2,"post_type":3},
{"username":"bob","created_at":"2024-01-02T00:00:00Z","cooked":"<p>So</p>","post_number":3,"post_type":1,"accepted_answer":true}]}}`,
			"t13.json": `[{"id":13,"title":"Rules of the house","closed":true,"pinned":true,"pinned_at":"2024-01-04T00:00:00Z","visible":true,"post_stream":{"stream":[40,41,42],"posts":[
{"id":40,"username":"ana","created_at":"2024-01-03T00:00:00Z","cooked":"<p>Be kind</p>","post_number":1,"post_type":1}]}},
{"id":14,"title":"Not listed","visible":false,"post_stream":{"posts":[{"id":43,"username":"ana","created_at":"2024-01-03T00:00:00Z","cooked":"<p>Hush</p>","post_number":1,"post_type":1}]}}]`,
			"uploads/0000000000000000000000000000000000000002.png": "x",
		}), Settings{Site: "https://old.example", Spaces: true}, []string{
			`t12.1 question in "staff" by https://old.example/u/ana score 3 group true to []: ![p.png](/media/x)`,
			`left`,
			`t12.3 answer in "" by https://old.example/u/bob score 0 group true to [t12.1]: So`,
			`answer.picked t12.1 {"answer":"t12.3"}`,
			`t13.1  in "sp" by https://old.example/u/ana score 0 group false to []: Be kind`,
			`thread.turned t13.1 {"state":"locked"}`,
			`thread.turned t13.1 {"state":"pinned"}`,
			`refused intake.posts_missing`,
			`refused intake.unlisted`,
		}},
		"ideas": {"csv", write(t, "ideas.csv", []byte("id;title;text;status;votes;voters\n1;Longer;<p>too <b>short</b></p>;planned;12;a@x.example\n2;;x;;;\n3;Odd;x;perhaps;;\n")), Settings{Target: IdeaLines}, []string{
			`idea-1 idea in "sp" by  score 11 group false to []: too **short**`,
			`idea.judged idea-1 {"status":"planned","reason":""}`,
			`vote.cast idea-1 {"value":1}`,
			`refused intake.no_text`, `refused intake.bad_status`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, brought(t, c.format, c.file, c.set)); d != "" {
				t.Error(d)
			}
		})
	}
}
