package rest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"o2r/domain"
)

// plainText reads a file as UTF-8 with line feeds, whatever a spreadsheet wrote: UTF-8 with or without a
// byte order mark, UTF-16 with one, or Windows-1252. What is no text, or a mixture, is refused: read all the
// same, it would put wrong letters into people's names.
func plainText(file io.ReadSeeker) (io.Reader, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	start := make([]byte, 4)
	n, err := io.ReadFull(file, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	start = start[:n]
	begin := func(skip int64) (io.Reader, error) {
		_, err := file.Seek(skip, io.SeekStart)
		return bufio.NewReaderSize(file, 64<<10), err
	}
	var text io.Reader
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0")):
		return nil, unreadable("not_text", "This is a workbook: save its sheet as CSV, and send that.")
	case bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")):
		if text, err = begin(0); err == nil {
			text = transform.NewReader(text, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
		}
	default:
		var skip int64
		if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
			skip = 3
		}
		if text, err = begin(skip); err != nil {
			return nil, err
		}
		found, err := lettersOf(text)
		if err != nil {
			return nil, err
		}
		if text, err = begin(skip); err != nil {
			return nil, err
		}
		switch {
		case found.nul:
			return nil, unreadable("not_text", "This is no text: save the sheet as CSV, in UTF-8 if there is the choice.")
		case found.broken == 0:
		case skip > 0 || found.plainly:
			return nil, unreadable("encoding", "The file is written partly in UTF-8 and partly not: save it once more as CSV UTF-8.")
		default:
			text = transform.NewReader(text, charmap.Windows1252.NewDecoder())
		}
	}
	if err != nil {
		return nil, err
	}
	return &unixLines{from: text}, nil
}

func unreadable(code, message string) error {
	return NewProblem(422, "unreadable", "The file cannot be read; nothing was written.", domain.FieldError{Location: "body", Code: code, Message: message})
}

// letters are what is beyond ASCII in a text.
type letters struct {
	broken  int  // bytes that belong to no character of UTF-8
	plainly bool // some is UTF-8 beyond doubt: read as Windows-1252, it would be Ã or â and a sign, which no French word holds
	nul     bool
}

// beyondDoubt tells of a character of UTF-8 whether the same bytes say nothing in Windows-1252: the accented letters of
// Western Europe begin with the byte of Ã, quotation marks and dashes with those of â€, œ with those of Å“.
func beyondDoubt(r rune) bool {
	return r >= 0xC0 && r <= 0xFF || r == 'œ' || r == 'Œ' || r >= 0x2010 && r <= 0x203A
}

func lettersOf(text io.Reader) (found letters, err error) {
	buffer, kept := make([]byte, 64<<10), 0
	for {
		n, err := text.Read(buffer[kept:])
		piece := buffer[:kept+n]
		for len(piece) > 0 {
			if piece[0] < utf8.RuneSelf {
				found.nul = found.nul || piece[0] == 0
				piece = piece[1:]
				continue
			}
			if !utf8.FullRune(piece) && err == nil {
				break // the rest of it is in the next piece
			}
			r, size := utf8.DecodeRune(piece)
			if r == utf8.RuneError && size == 1 {
				found.broken++
			} else {
				found.plainly = found.plainly || beyondDoubt(r)
			}
			piece = piece[size:]
		}
		kept = copy(buffer, piece)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
	}
}

// unixLines ends every line with a line feed: \r\n and \r are one too.
type unixLines struct {
	from  io.Reader
	after bool // a carriage return
}

func (u *unixLines) Read(p []byte) (int, error) {
	for {
		n, err := u.from.Read(p)
		kept := 0
		for _, c := range p[:n] {
			if c == '\n' && u.after {
				u.after = false
				continue
			}
			if u.after = c == '\r'; u.after {
				c = '\n'
			}
			p[kept] = c
			kept++
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}
