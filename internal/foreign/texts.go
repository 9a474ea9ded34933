package foreign

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readers are the parsers, by the end of a file's name; what none of these ends is text that a terminal shows.
var readers = []struct {
	end  string
	read func(out []byte) ([]string, error)
}{
	{".github.txt", github}, {".json", jsonTexts}, {".ndjson", jsonTexts}, {".sarif", sarif}, {".xml", xmlTexts}, {".csv", csvTexts},
	{".parquet", parquetTexts}, {".ics", icsTexts}, {".html", htmlTexts}, {".md", markdown}, {".xlsx", xlsxTexts}, {".txt", text},
}

// Texts returns the texts that people see of a file, in the format that its name says. The error is that of a strict parser.
func Texts(name string, out []byte) ([]string, error) {
	for _, r := range readers {
		if strings.HasSuffix(name, r.end) {
			return r.read(out)
		}
	}
	return nil, fmt.Errorf("no parser reads %s", path.Base(name))
}

func text(out []byte) ([]string, error) {
	if !utf8.Valid(out) {
		return nil, errors.New("it is no UTF-8")
	}
	return []string{string(out)}, nil
}

// jsonTexts reads values one after the other, of strict JSON: neither invalid UTF-8 nor a name twice.
func jsonTexts(out []byte) (texts []string, err error) {
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for k, e := range v {
				texts = append(texts, k)
				walk(e)
			}
		}
	}
	for d := jsontext.NewDecoder(bytes.NewReader(out)); ; {
		raw, err := d.ReadValue()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, err
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, err
		}
		walk(v)
	}
}

// sarif reads JSON whose messages escape brackets, which would be links there (SARIF 2.1.0, 3.11.6).
func sarif(out []byte) ([]string, error) {
	texts, err := jsonTexts(out)
	for i := range texts {
		texts[i] = strings.NewReplacer(`\[`, "[", `\]`, "]", `\\`, `\`).Replace(texts[i])
	}
	return texts, err
}

// markdown returns the texts of what GitHub makes of it: CommonMark with tables.
func markdown(out []byte) (texts []string, err error) {
	if _, err := text(out); err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert(out, &page); err != nil {
		return nil, err
	}
	root, err := html.Parse(&page)
	if err != nil {
		return nil, err
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (n.DataAtom == atom.P || n.DataAtom == atom.Td || n.DataAtom == atom.Li) {
			var b strings.Builder
			for c := range n.Descendants() {
				if c.Type == html.TextNode {
					b.WriteString(c.Data)
				}
			}
			texts = append(texts, b.String())
		}
	}
	return texts, nil
}

var command = regexp.MustCompile(`^::(?:error|warning|notice) (?:(?:file|line|title)=[^:,\r\n]*,?)+::([^\r\n]*)$`)

// github returns the messages of workflow commands, of which each line must be one.
func github(out []byte) (texts []string, err error) {
	for line := range strings.Lines(string(out)) {
		m := command.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			return nil, fmt.Errorf("%q is no command", line)
		}
		text, err := url.PathUnescape(m[1])
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func xmlTexts(out []byte) (texts []string, err error) {
	for d := xml.NewDecoder(bytes.NewReader(out)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, nil
		} else if err != nil {
			return nil, err
		}
		switch v := token.(type) {
		case xml.CharData:
			texts = append(texts, string(v))
		case xml.StartElement:
			for _, a := range v.Attr {
				texts = append(texts, a.Value)
			}
		}
	}
}

func csvTexts(out []byte) ([]string, error) {
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out, []byte("\ufeff")))).ReadAll()
	return slices.Concat(rows...), err
}

func htmlTexts(out []byte) (texts []string, err error) {
	root, err := html.Parse(bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			texts = append(texts, n.Data)
		}
		for _, a := range n.Attr {
			texts = append(texts, a.Val)
		}
	}
	return texts, nil
}

func icsTexts(out []byte) (texts []string, err error) {
	c, err := ics.ParseCalendar(bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	for _, e := range c.Events() {
		for _, p := range e.Properties {
			texts = append(texts, p.Value)
		}
	}
	return texts, nil
}

func parquetTexts(out []byte) (texts []string, err error) {
	f, err := parquet.OpenFile(bytes.NewReader(out), int64(len(out)))
	if err != nil {
		return nil, err
	}
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, group.NumRows())
		for n := 0; n < len(buffer); {
			m, err := rows.ReadRows(buffer[n:])
			for _, row := range buffer[n : n+m] {
				for _, v := range row {
					if v.Kind() == parquet.ByteArray {
						texts = append(texts, string(v.ByteArray()))
					}
				}
			}
			if n += m; m == 0 && err != nil {
				return nil, err
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func xlsxTexts(out []byte) (texts []string, err error) {
	sheets, err := Sheets(out)
	for _, of := range sheets {
		texts = append(texts, of...)
	}
	return texts, err
}

// Sheets returns the texts of the sheets of a workbook, by their names.
func Sheets(out []byte) (map[string][]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	texts := map[string][]string{}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		texts[sheet] = slices.Concat(rows...)
	}
	return texts, f.Close()
}
