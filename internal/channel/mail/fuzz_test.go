package mail

import (
	"bytes"
	"io"
	"testing"

	"github.com/entente/entente/internal/problem"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"From: a@b.example\nSubject: =?utf-8?q?x?=\n\ntext",
		"Content-Type: multipart/mixed; boundary=A\n\n--A\nContent-Type: text/html\n\n<p>x<blockquote>y\n--A\nContent-Type: message/rfc822\n\nFrom: c@d\n\n--A--",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=A\n\n--A\nContent-Type: message/delivery-status\n\nA: b\n\nFinal-Recipient: rfc822;x@y.example\nAction: failed\n\n--A--",
		"From: a@b.example\nContent-Type: text/plain; charset=iso-2022-jp; format=flowed; delsp=yes\nContent-Transfer-Encoding: base64\n\nGyRCJCIbKEI=",
		"From: \"a\nTo: g: a@b, <c@d;, (x(y)\\) e@f\nReferences: <a <b> c>\nDate: 1\n\nbegin 644 x\n#0V%T\nend\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw, noon, us)
		if err != nil {
			if p := problem.Of(err); p.Code == problem.Internal {
				t.Fatal(err)
			}
			return
		}
		checkSane(t, m)
		again, err := Parse(raw, noon, us)
		if err != nil || again.Said.ExternalID != m.Said.ExternalID {
			t.Fatal("the same message has two ids")
		}
	})
}

func FuzzMbox(f *testing.F) {
	f.Add([]byte(postmark + "A: 1\n\n>From x\n\n" + postmark))
	f.Add([]byte("From \n\r\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		total, last := 0, int64(-1)
		_ = ReadMbox(bytes.NewReader(in), func(offset int64, raw []byte) error {
			total += len(raw)
			if offset <= last || offset > int64(len(in)) {
				t.Fatalf("message at %d after one at %d", offset, last)
			}
			last = offset
			return nil
		})
		if total > len(in) {
			t.Fatalf("%d bytes out of %d", total, len(in))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	raw := []byte("Return-Path: <max@client.example>\r\nReceived: from mx.client.example by mx.velo.example; Mon, 2 Feb 2026 10:00:01 +0100\r\nFrom: =?utf-8?q?Max_M=C3=BCller?= <max@client.example>\r\nTo: contact@velo.example\r\nSubject: =?utf-8?q?Mon_v=C3=A9lo_grince?=\r\nMessage-ID: <q1@client.example>\r\nIn-Reply-To: <k0@velo.example>\r\nReferences: <k0@velo.example>\r\nDate: Mon, 2 Feb 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nBonjour,\r\n\r\nmon v=C3=A9lo grince depuis la r=C3=A9vision.\r\n\r\nMax\r\n\r\nLe lun. 2 f=C3=A9vr. 2026 =C3=A0 09:12, Bruy=C3=A8re Cycles <contact@velo.example> a =C3=A9crit :\r\n\r\n> Votre v=C3=A9lo est pr=C3=AAt.\r\n> =C3=80 bient=C3=B4t\r\n\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<div>Bonjour,<br><br>mon v\xc3\xa9lo grince.</div><blockquote>Votre v\xc3\xa9lo</blockquote>\r\n--b1--\r\n")
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(raw, noon, us); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMbox(b *testing.B) {
	var file bytes.Buffer
	for i := range 2000 {
		file.WriteString(postmark + simple(i) + "\n")
	}
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		if err := ReadMbox(bytes.NewReader(file.Bytes()), func(_ int64, raw []byte) error {
			_, err := Parse(raw, noon, us)
			return err
		}); err != nil && err != io.EOF {
			b.Fatal(err)
		}
	}
}
