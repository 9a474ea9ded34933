package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// source is what the sources say of types and reflection does not. Keys are package.Type and package.Type.Field.
type source struct {
	docs  map[string]string
	enums map[string][]string // values of the string constants of a type, in their order
}

// readSource reads the Go files of each folder below root, tests left out.
func readSource(root string, dirs ...string) (*source, error) {
	s := &source{docs: map[string]string{}, enums: map[string][]string{}}
	for _, dir := range dirs {
		names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("no sources in %s", dir)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			for _, decl := range f.Decls {
				if d, ok := decl.(*ast.GenDecl); ok {
					s.declaration(f.Name.Name, d)
				}
			}
		}
	}
	return s, nil
}

func (s *source) declaration(pkg string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			key := pkg + "." + spec.Name.Name
			s.docs[key] = comment(spec.Doc, spec.Comment)
			if len(d.Specs) == 1 {
				s.docs[key] = comment(d.Doc, spec.Comment)
			}
			if t, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range t.Fields.List {
					for _, n := range f.Names {
						s.docs[key+"."+n.Name] = comment(f.Doc, f.Comment)
					}
				}
			}
		case *ast.ValueSpec:
			if t, ok := spec.Type.(*ast.Ident); ok && d.Tok == token.CONST {
				for _, v := range spec.Values {
					if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						if text, err := strconv.Unquote(lit.Value); err == nil { // the parser has read it as a string
							s.enums[pkg+"."+t.Name] = append(s.enums[pkg+"."+t.Name], text)
						}
					}
				}
			}
		}
	}
}

// comment joins the comments above and behind a declaration into one line, with JSON's word for nil.
func comment(groups ...*ast.CommentGroup) string {
	var words []string
	for _, g := range groups {
		words = append(words, strings.Fields(g.Text())...)
	}
	return regexp.MustCompile(`\bnil\b`).ReplaceAllString(strings.Join(words, " "), "null")
}

// key names a type as source does.
func key(t reflect.Type) string {
	path := t.PkgPath()
	return path[strings.LastIndex(path, "/")+1:] + "." + t.Name()
}
