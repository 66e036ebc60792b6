package main

import (
	"bytes"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
)

var (
	server   = flag.String("server", "", "URL of the API server")
	token    = flag.String("token", "", "bearer token")
	certFile = flag.String("cert", "", "client certificate, PEM")
	keyFile  = flag.String("key", "", "its key, PEM")
)

var client *http.Client

func connect() {
	config := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}
	if *certFile != "" {
		pair, err := tls.LoadX509KeyPair(*certFile, *keyFile)
		if err != nil {
			fmt.Fprintln(os.Stderr, "client certificate:", err)
			os.Exit(1)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	client = &http.Client{Transport: &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: 1000, DisableCompression: true}}
}

func request(method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequest(method, *server+path, body)
	if err == nil && *token != "" {
		req.Header.Set("Authorization", "Bearer "+*token)
	}
	return req, err
}

func do(method, path, contentType, accept string, body []byte) (int, []byte, error) {
	req, err := request(method, path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, data, err
}

// download counts a reply's bytes without keeping them: a client that allocates lists would be measured instead of the server.
func download(path, accept string, buffer []byte) (size int, err error) {
	req, err := request("GET", path, nil)
	if err != nil {
		return 0, err
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		return 0, fmt.Errorf("%d", res.StatusCode)
	}
	for {
		n, err := res.Body.Read(buffer)
		size += n
		if err == io.EOF {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}

func ok(code int, data []byte, err error) error {
	if err != nil {
		return err
	}
	if code >= 400 {
		return fmt.Errorf("%d %s", code, data)
	}
	return nil
}

func must(code int, data []byte, err error) []byte {
	if ok(code, data, err) != nil {
		fmt.Fprintln(os.Stderr, "failed:", code, err, string(data[:min(len(data), 400)]))
		os.Exit(1)
	}
	return data
}
