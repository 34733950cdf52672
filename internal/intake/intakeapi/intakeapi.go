// Package intakeapi offers imports over REST: a file is sent with what is to be done with it, and how that goes can be asked.
package intakeapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// maxBody is the most bytes of a file sent over REST: the kit reads it whole. Longer ones go over the page or the command line.
const maxBody = 64 << 20

// Import is a file that is, was or will be imported.
type Import struct {
	ID        string     `json:"id"`
	Name      string     `json:"name" doc:"Of the file."`
	Size      int64      `json:"size" doc:"Bytes."`
	Format    string     `json:"format,omitempty"`
	DryRun    bool       `json:"dry_run"`
	State     string     `json:"state" enum:"draft,queued,running,done,cancelled,failed"`
	Channel   string     `json:"channel,omitempty" doc:"Under which posts are stated."`
	Done      int64      `json:"bytes_done"`
	Total     int64      `json:"bytes_total"`
	Rows      int        `json:"rows"`
	Added     int        `json:"added" doc:"Activities that were new, or would be."`
	Known     int        `json:"known" doc:"Activities that were in the ledger already."`
	Refused   int        `json:"refused"`
	Left      int        `json:"left_out" doc:"Left out on purpose."`
	Rate      float64    `json:"rate" doc:"Rows a second."`
	LeftFor   int        `json:"seconds_left,omitempty" doc:"About; absent when nobody can tell."`
	Problem   *Problem   `json:"problem,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	StartedAt *time.Time `json:"started_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// Problem is why an import failed or broke off.
type Problem struct {
	Key    string `json:"key"`
	Detail string `json:"detail"`
}

func shown(ctx context.Context, j *intake.Job) Import {
	p := j.Progress
	out := Import{ID: j.ID, Name: j.Name, Size: j.Size, Format: j.Format, DryRun: j.Dry, State: string(j.State), Channel: j.Settings.Channel, Done: p.Done,
		Total: p.Total, Rows: p.Rows, Added: p.Added, Known: p.Known, Refused: p.Refused, Left: p.Left, Rate: float64(int(p.Rate()*10)) / 10,
		LeftFor: int(p.LeftFor.Round(time.Second).Seconds()), CreatedAt: j.CreatedAt}
	if j.Problem.Reason != "" {
		out.Problem = &Problem{Key: j.Problem.Reason, Detail: i18n.T(ctx, j.Problem.Reason, j.Problem.Args...)}
	}
	if !j.StartedAt.IsZero() {
		out.StartedAt = &j.StartedAt
	}
	if !j.EndedAt.IsZero() {
		out.EndedAt = &j.EndedAt
	}
	return out
}

// Order are the parameters of an import.
type Order struct {
	Name       string `query:"name" maxLength:"200" doc:"Of the file; its extension helps to tell what it is."`
	Format     string `query:"format" enum:"feed,mbox,eml,stackexchange,discourse,csv,facts,jsonl,vcard" doc:"Found out when absent."`
	Channel    string `query:"channel" maxLength:"40" doc:"Id of the channel under which posts are stated."`
	NewChannel string `query:"new_channel" maxLength:"200" doc:"Name of a channel to be made for them, or of one made so before."`
	Inbox      bool   `query:"inbox" doc:"Whether threads are to be handled."`
	Direct     bool   `query:"direct" doc:"Whether what is said there is said to us."`
	DryRun     bool   `query:"dry_run" doc:"Only count what would be imported."`
	Own        string `query:"own" maxLength:"2000" doc:"mbox, eml: our own mail addresses, separated by commas."`
	Site       string `query:"site" maxLength:"300" doc:"stackexchange: address of the forum."`
	Staff      string `query:"staff" maxLength:"300" doc:"What the web addresses of our own people begin with."`
	Encoding   string `query:"encoding" maxLength:"40" doc:"csv, vcard: charset; found out when absent."`
	Target     string `query:"target" enum:"customers,orders,posts,ideas,articles" doc:"csv: what each line is; found out when absent."`
	Kind       string `query:"kind" maxLength:"40" doc:"facts: the kind of the facts, see list-fact-kinds; found out when absent."`
	Origin     string `query:"origin" maxLength:"100" doc:"facts: the system that states them; files when absent."`
	Label      string `query:"label" maxLength:"200" doc:"facts: the category of lines that name none."`
	Decimal    string `query:"decimal" maxLength:"1" doc:"csv, facts: what stands before decimals; found out when absent."`
	Dates      string `query:"dates" enum:"dmy,mdy" doc:"csv: the order of dates in figures."`
	Currency   string `query:"currency" maxLength:"3" doc:"csv: of amounts that name none; EUR when absent."`
	Space      string `query:"space" maxLength:"200" doc:"The space of a community that threads are brought to, its id or COMMUNITY/SPACE; instead of a channel."`
	Spaces     bool   `query:"spaces" doc:"discourse: each category goes to a space of its own, made when there is none."`
	Fetch      bool   `query:"fetch" doc:"Pictures and files that posts show are downloaded, for a community."`
	Region     string `query:"region" maxLength:"2" doc:"Country of phone numbers without one."`
}

func (o *Order) start(ctx context.Context, s *intake.Service, j intake.Job) (intake.Job, error) {
	format := o.Format
	if format == "" {
		format = j.Format
	}
	if o.Kind != "" {
		o.Target = intake.FactTarget(o.Kind)
	}
	return s.Start(ctx, j.ID, intake.Order{Format: format, NewChannel: o.NewChannel, Dry: o.DryRun, Settings: intake.Settings{Channel: o.Channel,
		Inbox: o.Inbox, Direct: o.Direct, Own: o.Own, Site: o.Site, Staff: o.Staff, Encoding: o.Encoding, Target: o.Target, Dates: o.Dates,
		Currency: o.Currency, Region: o.Region, Origin: o.Origin, Label: o.Label, Decimal: o.Decimal,
		Space: o.Space, Spaces: o.Spaces, Fetch: o.Fetch}})
}

// Operations adds the operations.
func Operations(a *api.API, s *intake.Service) {
	api.Add(a, api.Op{ID: "create-import", Method: http.MethodPost, Path: "/imports", Tag: "import", Summary: "Import a file",
		Description: "Send the file as the body, or as the part file of a form. It is imported in the background: ask for the import to see how it goes.",
		Permission:  org.ImportRun, Status: http.StatusAccepted, MaxBody: maxBody, File: true}, func(ctx context.Context, in *struct {
		Order
		RawBody []byte `contentType:"application/octet-stream"`
		Type    string `header:"Content-Type"`
	}) (*api.One[Import], error) {
		file, name, err := part(in.RawBody, in.Type)
		if err != nil {
			return nil, err
		}
		if in.Name != "" {
			name = in.Name
		}
		j, err := s.Receive(ctx, name, bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return nil, err
		}
		started, err := in.start(ctx, s, j)
		if err != nil {
			if e := s.Remove(ctx, j.ID); e != nil {
				return nil, errors.Join(err, e)
			}
			return nil, err
		}
		return api.Only(shown(ctx, &started)), nil
	})
	api.Add(a, api.Op{ID: "list-imports", Method: http.MethodGet, Path: "/imports", Tag: "import", Summary: "List imports, newest first", Permission: org.ImportRun},
		func(ctx context.Context, in *struct{ api.Paging }) (*api.List[Import], error) {
			parts, err := api.ParseCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			before := ""
			if parts != nil {
				before = parts[0]
			}
			jobs, err := s.List(ctx, before, in.Limit+1)
			if err != nil {
				return nil, err
			}
			next := ""
			if len(jobs) > in.Limit {
				jobs = jobs[:in.Limit]
				next = api.Cursor(jobs[in.Limit-1].ID)
			}
			items := make([]Import, len(jobs))
			for i := range jobs {
				items[i] = shown(ctx, &jobs[i])
			}
			return api.Listed(items, next), nil
		})
	api.Add(a, api.Op{ID: "get-import", Method: http.MethodGet, Path: "/imports/{id}", Tag: "import", Summary: "See how an import goes", Permission: org.ImportRun},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"40"`
		}) (*api.One[Import], error) {
			j, err := s.Find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return api.Only(shown(ctx, &j)), nil
		})
	api.Add(a, api.Op{ID: "get-import-refusals", Method: http.MethodGet, Path: "/imports/{id}/refused", Tag: "import", Summary: "Get the list of what was refused, as CSV",
		Permission: org.ImportRun, Produces: "text/csv"}, func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"40"`
	}) (*huma.StreamResponse, error) {
		list, err := s.RefusedList(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer list.Close()
			c.SetHeader("Content-Type", "text/csv; charset=utf-8")
			_, _ = io.Copy(c.BodyWriter(), list) // a caller who has gone is nobody to tell
		}}, nil
	})
	api.Add(a, api.Op{ID: "cancel-import", Method: http.MethodDelete, Path: "/imports/{id}", Tag: "import",
		Summary: "Stop an import at the end of its batch; what was imported stays", Permission: org.ImportRun}, func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"40"`
	}) (*api.None, error) {
		_, err := s.Cancel(ctx, in.ID)
		return &api.None{}, err
	})
}

// part is the file of a body: all of it, or the part "file" of a form.
func part(body []byte, contentType string) (file []byte, name string, err error) {
	r := http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(bytes.NewReader(body))}
	parts, err := r.MultipartReader()
	if err != nil {
		return body, "", nil
	}
	for {
		p, err := parts.NextPart()
		if err != nil {
			return nil, "", problem.New(problem.Invalid, "problem.required").On("file")
		}
		if p.FormName() == "file" {
			file, err = io.ReadAll(p)
			if err != nil {
				return nil, "", problem.New(problem.Invalid, "problem.bad_form").Because(err)
			}
			return file, p.FileName(), nil
		}
	}
}
