"""InfluxDB-Python, as its examples use it: python3 influxdb_v1.py PORT good|partial|again DEVICE"""
import sys

from influxdb import InfluxDBClient
from influxdb.exceptions import InfluxDBClientError, InfluxDBServerError

port, what, device = int(sys.argv[1]), sys.argv[2], sys.argv[3]
client = InfluxDBClient("127.0.0.1", port, "root", "root", "sensors", retries=1)


def point(value, **tags):
    return {"measurement": "temp", "tags": tags, "fields": {"value": value}}


if what == "good":
    assert client.ping()
    client.create_database("sensors")
    assert {"name": "sluice"} in client.get_list_database()
    assert client.write_points([point(1.5, host=device)])
elif what == "partial":
    try:
        client.write_points([point(2.5, host=device), point(3.5)])
        sys.exit("a refused reading went unnoticed")
    except InfluxDBClientError as e:
        assert e.code == 400 and "unable to parse line 2" in str(e), e
else:
    # It tries once; whoever calls it must come again.
    try:
        client.write_points([point(4.5, host=device)])
        print("kept")
    except InfluxDBServerError as e:
        assert "try again" in str(e), e
        print("not now")
