module kubette/bench/loadgen

go 1.24
