// A Django project as `startproject shop` makes it, and what its author does next.

import { Project } from './project.ts'

const account = {
  DJANGO_SUPERUSER_USERNAME: 'keeper',
  DJANGO_SUPERUSER_PASSWORD: 'a-long-enough-secret',
  DJANGO_SUPERUSER_EMAIL: 'keeper@example.com',
}

export class DjangoProject extends Project {
  /** Who may log in after createAccount(). */
  readonly name = account.DJANGO_SUPERUSER_USERNAME
  readonly password = account.DJANGO_SUPERUSER_PASSWORD

  static async start(): Promise<DjangoProject> {
    const project = new DjangoProject()
    await project.python(['-m', 'django', 'startproject', 'shop', '.'])
    return project
  }

  async manage(...args: readonly string[]): Promise<void> {
    await this.python(['manage.py', ...args], account)
  }

  /** Makes the database and the account. */
  async createAccount(): Promise<void> {
    await this.manage('migrate', '--verbosity', '0')
    await this.manage('createsuperuser', '--noinput', '--verbosity', '0')
  }

  /** Python text behind the end of settings.py. */
  set(settings: string): void {
    this.append('shop/settings.py', `\n${settings}\n`)
  }

  /** The views of test/app/django in place of the project's own URLs. */
  addPages(): void {
    this.copy('django')
    this.set(`ROOT_URLCONF = 'pages.urls'`)
  }
}
