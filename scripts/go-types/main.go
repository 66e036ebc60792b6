// Prints openapi/go-types.json: what Kubernetes' Go structs say that OpenAPI does not. Field order, omitempty and omitzero,
// pointers, embedded structs and the names of Go types, which the texts of decoding errors contain. Names and shapes only.
//
//	cd scripts/go-types && go run . > ../../openapi/go-types.json
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// Field is `jsonName type flags`; an embedded struct has the name `+GoName`. Flags: e omitempty, z omitzero.
type Field = [3]string

var (
	structs = map[string][]Field{}
	named   = map[string]string{}
	aliases = map[string]string{}
)

// OpenAPI's name of a Go package, e.g. io.k8s.api.core.v1.
func openAPI(path string) string {
	parts := strings.Split(path, "/")
	host := strings.Split(parts[0], ".")
	for i, j := 0, len(host)-1; i < j; i, j = i+1, j-1 {
		host[i], host[j] = host[j], host[i]
	}
	return strings.Join(append(host, parts[1:]...), ".")
}

func alias(path string) string {
	full := openAPI(path)
	parts := strings.Split(path, "/")
	short := parts[len(parts)-1]
	if len(parts) > 1 && strings.HasPrefix(short, "v") {
		short = parts[len(parts)-2]
		if strings.HasPrefix(parts[len(parts)-1], "v2") {
			short += "2"
		}
	}
	if path == "k8s.io/apimachinery/pkg/api/resource" {
		short = "quantity"
	}
	if known, ok := aliases[short]; ok && known != full {
		panic("two packages " + short + ": " + known + ", " + full)
	}
	aliases[short] = full
	return short
}

func typeText(t reflect.Type) string {
	if t.PkgPath() != "" {
		name := alias(t.PkgPath()) + "." + t.Name()
		if t.Kind() == reflect.Struct {
			walk(t)
		} else {
			named[name] = underlying(t)
		}
		return name
	}
	return underlying(t)
}

func underlying(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + typeText(t.Elem())
	case reflect.Slice:
		return "[]" + typeText(t.Elem())
	case reflect.Map:
		return "map[" + typeText(t.Key()) + "]" + typeText(t.Elem())
	}
	return t.Kind().String()
}

func walk(t reflect.Type) {
	name := alias(t.PkgPath()) + "." + t.Name()
	if _, ok := structs[name]; ok {
		return
	}
	structs[name] = nil
	fields := []Field{}
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		tag, tagged := field.Tag.Lookup("json")
		parts := strings.Split(tag, ",")
		if !tagged || parts[0] == "-" || !field.IsExported() {
			continue
		}
		flags := ""
		for _, option := range parts[1:] {
			switch option {
			case "omitempty":
				flags += "e"
			case "omitzero":
				flags += "z"
			case "inline":
			default:
				panic(name + "." + field.Name + ": " + option)
			}
		}
		jsonName := parts[0]
		if jsonName == "" {
			jsonName = "+" + field.Name
		}
		fields = append(fields, Field{jsonName, typeText(field.Type), flags})
	}
	structs[name] = fields
}

func main() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientscheme.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	types := map[string]reflect.Type{}
	for gvk, t := range scheme.AllKnownTypes() {
		stable := !strings.Contains(gvk.Version, "alpha") && !strings.Contains(gvk.Version, "beta")
		review := gvk.Group == "admission.k8s.io" || gvk.Group == "apiextensions.k8s.io"
		if gvk.Version != "__internal" && stable && gvk.Group != "imagepolicy.k8s.io" && (!strings.HasSuffix(gvk.Kind, "Options") || gvk.Kind == "DeleteOptions" || review) {
			types[t.PkgPath()+"."+t.Name()] = t
		}
	}
	types["Table"] = reflect.TypeOf(metav1.Table{})
	names := []string{}
	for name := range types {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		walk(types[name])
	}
	encoded := map[string]map[string]string{"packages": aliases, "named": named, "structs": {}}
	for name, fields := range structs {
		lines := []string{}
		for _, field := range fields {
			lines = append(lines, strings.TrimSpace(strings.Join(field[:], " ")))
		}
		encoded["structs"][name] = strings.Join(lines, ";")
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(encoded); err != nil {
		panic(err)
	}
}
