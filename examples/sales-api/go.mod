module sales-api

go 1.19
