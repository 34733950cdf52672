package classify

import "testing"

func TestMend(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain": "plain", `I\u2019m`: "I’m", `\ud83d\ude00!`: "😀!", `\ud83d alone`: "\ufffd alone", `\u12`: `\u12`, `C:\users`: `C:\users`,
		"R&amp;D &lt;3": "R&D <3", "a & b": "a & b", `\\u0041`: `\A`,
	} {
		if got := mend(in); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
}
