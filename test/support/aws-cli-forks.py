"""
aws-cli without its start, of which a call mostly consists: it is loaded once, with its models, and
each call is a fork of that, with words and environment of its own. Its waiters look every second,
where EC2's are asked four times a minute. Its end is that of its input.

Argument: the socket to listen at. A connection is one call: {"words", "environment"} in a line;
the answer is {"code", "stdout", "stderr"}.
"""
import json
import os
import select
import signal
import socket
import sys

sys.path.insert(0, '/usr/lib/python3/dist-packages')
from awscli.clidriver import AWSCLIEntryPoint, create_clidriver


def loaded():
    driver = create_clidriver()
    loader = driver.session.get_component('data_loader')
    # Kept by the loader, and so what each fork finds.
    for waiter in loader.load_service_model('ec2', 'waiters-2')['waiters'].values():
        waiter.update(maxAttempts=waiter['maxAttempts'] * waiter['delay'], delay=1)
    nowhere = {'aws_access_key_id': '-', 'aws_secret_access_key': '-'}
    driver.session.create_client('ec2', 'us-east-1', endpoint_url='http://127.0.0.1:1', **nowhere)
    return driver


def answer(driver, connection):
    with connection.makefile() as lines:
        call = json.loads(lines.readline())
    os.environ.clear()
    os.environ.update(call['environment'])
    files = [os.memfd_create(name) for name in ('stdout', 'stderr')]
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
    try:
        code = AWSCLIEntryPoint(driver).main(call['words'])
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    told = [os.pread(file, os.fstat(file).st_size, 0).decode() for file in files]
    connection.sendall(json.dumps(dict(zip(('stdout', 'stderr'), told), code=code)).encode())


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    driver = loaded()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    print('ready', flush=True)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                answer(driver, connection)
            finally:
                os._exit(0)
        connection.close()


main()
