package picture

import (
	"bytes"
	"fmt"
	"image/gif"
)

// animation writes a moving picture anew: its frames, how long each stays, and how often it runs.
func animation(data []byte) (Picture, error) {
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return Picture{}, broken(err)
	}
	for i, d := range g.Delay {
		g.Delay[i] = max(d, 2) // hundredths of a second: faster is flicker, which harms people
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, g); err != nil {
		return Picture{}, broken(fmt.Errorf("encode a moving picture: %w", err))
	}
	return Picture{Data: out.Bytes(), Type: "image/gif", Width: g.Config.Width, Height: g.Config.Height, Moving: true}, nil
}

// moving counts the frames of a GIF and their pixels without decoding them (GIF89a, appendix A). It stops counting where the limits are
// passed or the file makes no sense.
func moving(data []byte) (frames, pixels int) {
	if len(data) < 13 {
		return 0, 0
	}
	at := 13 + table(data[10])
	for at < len(data) && frames <= MaxFrames && pixels <= MaxMoving {
		switch data[at] {
		case 0x21: // an extension: its kind, then blocks
			at = blocks(data, at+2)
		case 0x2c: // a frame: place, size, flags, colours, code size, then blocks
			if at+11 > len(data) {
				return frames, pixels
			}
			frames++
			pixels += (int(data[at+5]) | int(data[at+6])<<8) * (int(data[at+7]) | int(data[at+8])<<8)
			at = blocks(data, at+10+table(data[at+9])+1)
		default:
			return frames, pixels
		}
	}
	return frames, pixels
}

// table is how many bytes of colours follow flags.
func table(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// blocks finds the end of a row of blocks, each with its length before it; the last is empty.
func blocks(data []byte, at int) int {
	for at < len(data) {
		n := int(data[at])
		at += n + 1
		if n == 0 {
			break
		}
	}
	return at
}
