package intake

import (
	"context"
	"io"

	"github.com/entente/entente/internal/channel/feed"
	"github.com/entente/entente/internal/problem"
)

// feedFormat reads RSS, Atom and JSON feeds that were kept as files.
type feedFormat struct{}

func (feedFormat) Describe() Description {
	return Description{Name: "feed", Extensions: []string{".xml", ".rss", ".atom", ".rdf", ".json"}, Posts: true, Folder: true, Fields: []string{"inbox", "direct", "staff"}}
}

func (f feedFormat) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	return each(ctx, src, src.matching(f.Describe().Extensions), emit, func(name string, r io.Reader) error {
		body, err := io.ReadAll(io.LimitReader(r, feed.MaxBody+1))
		if err != nil {
			return err
		}
		if len(body) > feed.MaxBody {
			return problem.New(problem.TooLarge, "problem.too_large", "Limit", "16 MB")
		}
		got, skipped, err := feed.Parse(body, "", "", opts.read())
		if err != nil {
			return err
		}
		for i := range got.Items {
			item := got.Items[i]
			if member, ours := opts.staff(ctx, item.Author.URI); ours {
				item.Ours, item.Member = true, member
			}
			opts.finish(&item, true)
			if err := emit(Row{Place: Place{name, Element, int64(i + 1)}, Item: &item}); err != nil {
				return err
			}
		}
		for _, s := range skipped {
			place := Place{File: name + " " + brief(s.Place)}
			if err := emit(refused(place, s.Reason, s.Detail)); err != nil {
				return err
			}
		}
		return nil
	})
}
