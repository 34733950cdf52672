// Package api decides how the REST interface speaks: personal tokens come in, permissions are checked, problems go out as RFC 9457,
// lists go out in pages, a repeated POST with the same Idempotency-Key does its work once.
//
// A surface (inboxapi …) adds operations with the permission each needs:
//
//	func Operations(a *api.API, s *inbox.Service) {
//		api.Add(a, api.Op{ID: "list-conversations", Method: "GET", Path: "/conversations", Tag: "inbox", Summary: "List conversations",
//			Permission: org.InboxRead}, func(ctx context.Context, in *struct {
//			api.Paging
//			State string `query:"state" enum:"open,resolved"`
//		}) (*api.List[Conversation], error) {
//			…
//			return api.Listed(items, next), nil // next: the cursor of the last item, "" at the end
//		})
//	}
//
// Inputs and outputs are huma's: fields tagged path, query, header, and Body. Output types are the surface's own, never the module's:
// their JSON is a promise. api.One[T] wraps a single body, api.None answers 204. Times are RFC 3339, durations seconds, money minor units.
// Cursors are opaque: api.Cursor(parts...) and api.ParseCursor(text, n).
//
// An input embeds exported types only, or its parameters are not read (Add panics). A problem that names a field (problem.On) is told where the
// field stands: path, query, header or body. An answer that holds a secret says so with Op.Secret, and is never kept for an Idempotency-Key.
package api
